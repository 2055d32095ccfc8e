import type { Prose } from './prose.ts'

export const gardenMinutes: Prose = {
  title: 'Millbrook Allotment Society: Minutes of the General Meeting',
  pages: [
    [
      { heading: 'Place, time and attendance' },
      { text: 'The meeting was held in the village hall on Thursday, 14 March 2024. The chair, Ruth Okafor, opened it at 7 pm. Fifty-three of ninety-one members were present, so the meeting could take decisions. Peter Hallam kept the minutes.' },
      { heading: '1. Report of the chair' },
      { text: 'All ninety-one plots are let. The waiting list has grown to 38 names, and the oldest entry is from May 2021. Three plots were given up last year and passed on within two weeks. The chair thanked the volunteers who rebuilt the footbridge after the flood of 4 December.' },
      { heading: '2. Accounts' },
      { text: 'The treasurer, Anil Desai, presented the accounts. Income was 6,140 pounds and spending 5,655 pounds. The largest single item was the new water pump at 1,290 pounds. The balance at the end of the year was 8,412 pounds. The auditors had no objections. The accounts were accepted with two abstentions.' },
      { heading: '3. Water' },
      { text: 'In the dry weeks of last June the tanks ran empty on nine evenings. The committee proposed to collect rain from the roof of the hall in four tanks of one thousand litres each. The cost is 980 pounds, of which the parish council has promised half. The proposal was carried with 49 votes to 4.' },
      { text: 'Hoses may be used before nine in the morning and after six in the evening only. Members who keep a hose running unattended will be warned once; the second time the tap key is withdrawn for a month.' },
    ],
    [
      { heading: '4. Bees' },
      { text: 'Joan Whitfield asked for permission to keep two hives on plot 17. Neighbours on plots 16 and 18 agreed in writing. The meeting gave permission for one year on the condition that a water trough is provided and that a hedge of at least two metres screens the flight path towards the playground.' },
      { heading: '5. Paths and compost' },
      { text: 'The main path will be surfaced with bark on Saturday, 20 April 2024. Members who bring a wheelbarrow are asked to meet at the gate at ten. Cooked food does not belong on the compost: two rats were seen in January. Anyone who finds meat or bread in the bays is asked to tell the committee.' },
      { heading: '6. Elections' },
      { text: 'Ruth Okafor was elected chair again without a vote against. Anil Desai did not stand again after eleven years as treasurer; the meeting thanked him with long applause. Sofia Marchetti was elected treasurer with 50 votes and 3 abstentions.' },
      { heading: '7. Rent' },
      { text: 'The rent for a full plot rises from 48 to 52 pounds a year from January 2025, the rent for a half plot from 26 to 28 pounds. Members over seventy pay half. The motion to let the first year be free for members under twenty-five was rejected with 21 votes to 30.' },
      { text: 'The chair closed the meeting at 9.10 pm. The next general meeting is on 13 March 2025.' },
    ],
  ],
}
