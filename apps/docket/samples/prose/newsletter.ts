export const newsletter = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Harbour School Newsletter, October 2024</title>
<style>body { font-family: sans-serif }</style>
<script>window.visits = 1</script>
</head>
<body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<h1>Harbour School Newsletter</h1>
<p>The autumn fair raised <b>1,842 euros</b> for the library. Thank you to all the families who baked, sold and swept. The money buys
three hundred new books and a reading corner with cushions.</p>
<h2>Heating in the new wing</h2>
<p>The new wing is connected to the Harbour District heat network. After the cold morning in January the engineers fitted a second
pump, and the classrooms now reach twenty degrees before the first lesson.</p>
<h2>Dates</h2>
<table>
<tr><th>Event</th><th>Date</th></tr>
<tr><td>Parents evening</td><td>12 November 2024</td></tr>
<tr><td>Lantern walk</td><td>15 November 2024</td></tr>
<tr><td>Winter concert</td><td>19 December 2024</td></tr>
</table>
<p>Lost gloves, one trumpet mouthpiece and a surprising number of left shoes wait in the office. &copy; Harbour School</p>
</body>
</html>
`

export const ferryTimetable = `ALDERMOUTH FERRY - WINTER TIMETABLE

Valid from 27 October 2024 until 29 March 2025.

The ferry leaves Aldermouth quay on every full hour from 6 am until 9 pm and the island at half past. The crossing takes
eighteen minutes. On Sundays and public holidays the first boat leaves at 8 am.

Bicycles travel free. A single ticket costs 3.20 euros, a book of ten 26 euros. Children under six and dogs pay nothing. Tickets
are sold on board; coins are preferred.

In winds above force nine the ferry does not run. The lamp on the harbour office then shows red, and the telephone line gives the
time of the next attempt. Groups of more than twenty people are asked to announce themselves a day before.
`
