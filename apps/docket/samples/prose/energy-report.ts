import type { Prose } from './prose.ts'

export const energyReport: Prose = {
  title: 'Harbour District Heat Network: Annual Energy Report 2024',
  pages: [
    [
      { heading: 'Summary' },
      { text: 'The Harbour District heat network delivered 41,300 megawatt hours of heat to 2,180 homes, two schools and the public baths in 2024. That is 3.2 percent less than in the year before, although 96 homes were newly connected. The milder winter explains about two thirds of the fall; the rest comes from better control of the return temperature.' },
      { text: 'Heat losses in the pipes fell from 14.1 percent to 11.8 percent. The main reason is the replacement of the 1978 trunk line under Foundry Street, which was finished on 19 September 2024, eleven days ahead of plan and within the budget of 1.9 million euros.' },
      { text: 'The share of heat taken from the river by the two large heat pumps rose to 58 percent. Waste heat from the bakery on Quay Road gave another 9 percent. Natural gas covered the remaining 33 percent, almost all of it between December and February.' },
      { heading: 'Heat by source' },
      { lines: ['River heat pumps: 23,950 MWh', 'Bakery waste heat: 3,720 MWh', 'Gas boilers: 13,630 MWh', 'Total delivered to the network: 41,300 MWh'] },
      { text: 'The emission factor of the delivered heat was 94 grams of carbon dioxide per kilowatt hour. In 2019, before the first heat pump went into service, it had been 212 grams.' },
    ],
    [
      { heading: 'Operation and faults' },
      { text: 'The network was available for 99.93 percent of the year. There were four unplanned interruptions. The longest lasted seven hours on 8 January 2024, when a flange on the pressure station at Tern Square failed during a frost of minus eleven degrees. Forty-one homes and the infant school were without heat; the school was given electric heaters within ninety minutes.' },
      { text: 'After this fault all flanges of the same series were inspected. Six of them showed hairline cracks and were replaced before the next heating season. The supplier accepted the claim and carried the cost of the parts.' },
      { text: 'The second heat pump was out of service for sixteen days in May because silt had blocked the river intake. A rotating screen was fitted in June. Since then the pressure difference across the intake is measured every minute, and an alarm is raised at 180 millibar.' },
      { heading: 'Return temperature' },
      { text: 'A low return temperature is the cheapest improvement a heat network can make: every degree less lets the heat pumps use about one percent less electricity. In 2024 the mean return temperature fell from 47.5 to 43.9 degrees. The forty substations with the highest return were visited one by one. In thirty-one of them a valve had simply been left open after maintenance.' },
      { text: 'From 2025 the tariff rewards customers whose return stays below 45 degrees. The rebate is 4 euros per megawatt hour and is paid with the annual bill.' },
    ],
    [
      { heading: 'Money' },
      { text: 'Revenue was 5.42 million euros, costs were 5.17 million. Electricity for the heat pumps was the largest item with 1.64 million euros, followed by gas with 1.12 million and by staff with 0.88 million. The surplus of 250,000 euros goes into the reserve for the storage tank.' },
      { text: 'The price of heat for households stayed at 112 euros per megawatt hour. The board has decided to keep it unchanged until 31 March 2026.' },
      { heading: 'Plans for 2025' },
      { text: 'A storage tank of 2,400 cubic metres will be built beside the boiler house. It can hold the heat of one cold night and will let the heat pumps run when electricity is cheap. Building starts in April 2025; first filling is planned for November. The estimate is 3.1 million euros, of which the state fund pays 40 percent.' },
      { text: 'One hundred and fifty more homes in Lime Grove will be connected. The cooperative of residents voted for the connection on 6 October 2024 with 131 votes to 12.' },
      { text: 'Questions about this report are answered by Marta Lindqvist, head of operations, at the office in 14 Foundry Street.' },
    ],
  ],
}
