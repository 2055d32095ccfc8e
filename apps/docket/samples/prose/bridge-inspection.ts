import type { Prose } from './prose.ts'

export const bridgeInspection: Prose = {
  title: 'Inspection of the Weir Lane Footbridge',
  pages: [
    [
      { text: 'County Engineer, Bridges Section. File 77/204. Aldermouth, 2 November 1987.' },
      { heading: 'Inspection of the Weir Lane Footbridge' },
      { text: 'The footbridge was inspected on 26 and 27 October 1987 by Mr. Harding and Miss Cole. The weather was dry and the river stood 40 centimetres below its usual level, so that the foundations could be examined from a boat.' },
      { text: 'The bridge was built in 1926. It has three spans of riveted steel, the longest of them 18 metres, on two piers of brick. It was last painted in 1974.' },
      { text: 'The general condition is fair. The bridge may remain open to persons on foot. Horses, handcarts and mopeds should be kept off until the deck of the middle span has been renewed.' },
    ],
    [
      { heading: 'Findings' },
      { text: 'Deck. Nineteen of the oak planks in the middle span are rotten at their ends. Two of them can be pierced with a screwdriver. The planks of the outer spans are sound.' },
      { text: 'Steel. The lower flanges above the piers have lost up to 3 millimetres to rust. The rivets are tight. One diagonal on the upstream side is bent, probably by driftwood in the flood of 1979, but shows no crack.' },
      { text: 'Piers. The mortar is washed out to a depth of 9 centimetres on the north pier. There is a hollow under its upstream corner large enough for a man to reach into up to the elbow.' },
    ],
    [
      { heading: 'Recommendations' },
      { text: 'First, the hollow under the north pier is to be filled with concrete before the winter floods. The cost is estimated at 2,300 pounds.' },
      { text: 'Second, the deck of the middle span is to be replaced by Easter 1988. Third, the steel is to be cleaned and painted in the summer of 1988 at a cost of about 6,800 pounds.' },
      { text: 'The next inspection is due in October 1989. Signed: E. Harding, Assistant Engineer.' },
    ],
  ],
}
