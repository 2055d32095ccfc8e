/** The second edition differs from the first in a few places: a near-duplicate, not a copy. */
export function fieldGuide(edition: 1 | 2): string {
  const second = edition === 2
  return `# Field Guide to the Hedges of Millbrook

${second ? 'Second edition, spring 2024, with corrections by readers.' : 'First edition, spring 2021.'}

## How to date a hedge

Count the kinds of trees and shrubs in a stretch of thirty paces. As a rough rule each kind stands for a century. The hedge along
Church Lane has seven kinds in thirty paces and may well be seven hundred years old; the hedge around the school field has one and
was planted in ${second ? '1962' : '1961'}.

The rule fails near houses, where people plant what they like, and on wet ground, where alder and willow arrive by themselves.

## Shrubs to know

- **Hawthorn** flowers white in May and bears red berries in autumn. Nearly every hedge here is mostly hawthorn.
- **Blackthorn** flowers before its leaves come, often in the cold days of March. Its sloes are best after the first frost.
- **Spindle** is easy to overlook until October, when its pink fruits open and show orange seeds.
- **Field maple** turns clear yellow. Its bark is corky on young twigs.
- **Guelder rose** likes wet ditches. Its berries look like glass beads and birds leave them until the last.

## Who lives there

A hedge of two metres with a broad foot holds ten times more nests than a thin one. Yellowhammers sing from the top, dunnocks
creep below, and bank voles run along the ditch. In the survey of 2020 we found ${second ? 'thirty-four' : 'thirty-one'} nests along four kilometres.

## Care

Cut a hedge every third year and never between March and August. Cut one side at a time, so that there are always berries on the
other. Gaps are closed by laying: a stem is cut nearly through, bent down and woven between stakes, and it sprouts along its length.

${second ? 'New in this edition: the parish lends out billhooks and gloves; ask at the village hall.\n' : 'Tools are not lent out.\n'}`
}
