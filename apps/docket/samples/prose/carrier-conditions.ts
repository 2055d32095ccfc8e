import type { Prose } from './prose.ts'

export const carrierConditions: Prose = {
  title: 'Conditions of Carriage',
  pages: [
    [
      { heading: 'Northway Carriers: Conditions of Carriage' },
      { text: '1. The carrier takes goods from the door of the sender to the door of the receiver within four working days. Goods that are delivered later earn a refund of one tenth of the freight for each full day, up to one half of the freight.' },
      { text: '2. Glass, clocks, pictures and musical instruments are carried at the risk of the sender unless they were packed by the carrier. Money, jewels, live animals, acids and fireworks are refused.' },
      { text: '3. Damage that can be seen must be written on the delivery note before it is signed. Hidden damage must be reported within seven days by letter. The carrier pays no more than 8 pounds for each kilogram lost or damaged.' },
      { text: '4. If nobody is at home the driver leaves a card and tries once more on the next working day. After that the goods are kept at the depot in Canal Street for ten days, and storage costs 75 pence a day.' },
      { text: '5. The freight is due on collection. Firms with an account pay within thirty days of the invoice.' },
    ],
  ],
}
