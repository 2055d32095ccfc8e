import type { Prose } from './prose.ts'

export const pumpManual: Prose = {
  title: 'Brook 12 Garden Pump: Owner\'s Manual',
  pages: [
    [
      { heading: 'Before you start' },
      { text: 'The Brook 12 is a submersible pump for clean and slightly muddy fresh water. It lifts up to 12 metres and moves up to 6,500 litres an hour. It is not made for salt water, drinking water, fuel or liquids warmer than 35 degrees.' },
      { text: 'Warning: unplug the pump before you put your hand into the water or touch the pump. Use it only on a socket with a residual current device of 30 milliamperes or less. Never lift or carry the pump by its cable.' },
      { heading: 'What is in the box' },
      { lines: ['Pump with 10 metre cable and float switch', 'Hose connector for 19, 25 and 32 millimetre hoses', 'Non-return valve', 'Foot strainer', 'This manual'] },
      { heading: 'Setting up' },
      { text: 'Screw the non-return valve onto the outlet and the hose connector onto the valve. Hand-tight is enough; a wrench may crack the thread. Push the hose on and secure it with a clamp. Tie a rope through the handle and lower the pump to the bottom. If the bottom is muddy, stand the pump on a brick.' },
      { text: 'The float switch starts the pump when the water is 45 centimetres deep and stops it at 15 centimetres. To change these levels, move the cable of the float in its clip.' },
    ],
    [
      { heading: 'Daily use' },
      { text: 'The pump must not run dry for more than thirty seconds, because the water cools the motor and lubricates the seal. If the motor becomes too hot, a thermal switch turns it off. It turns on again by itself after about twenty minutes, so unplug the pump before you look for the cause.' },
      { text: 'In frost, take the pump out, empty the hose and store both indoors. Ice breaks the housing, and this damage is not covered by the warranty.' },
      { heading: 'Cleaning' },
      { text: 'Rinse the pump with clean water after every use in muddy water. Once a season, unscrew the three bolts of the foot strainer, take out the impeller and remove threads and hair. Put a drop of silicone grease on the seal before you close the housing. Never use oil, which makes the rubber swell.' },
      { heading: 'If something goes wrong' },
      { lines: ['The pump hums but moves no water: the impeller is blocked. Clean it.', 'The pump stops after a few minutes: the motor is too hot. Clean the strainer.', 'The pump does not start: check the socket, then lift the float by hand.', 'The flow is weak: the hose is kinked, too thin or too high.'] },
    ],
    [
      { heading: 'Technical data' },
      { lines: ['Power: 480 watts', 'Voltage: 230 volts, 50 hertz', 'Greatest lift: 12 metres', 'Greatest flow: 6,500 litres an hour', 'Largest grain: 5 millimetres', 'Greatest depth: 7 metres', 'Weight: 4.6 kilograms', 'Noise: 58 decibels at one metre'] },
      { heading: 'Warranty' },
      { text: 'The warranty lasts three years from the day of purchase. It covers faults of material and workmanship. Keep the receipt. Wear of the seal and the impeller, damage by frost, and damage by running dry are excluded.' },
      { text: 'Spare parts can be ordered for at least ten years. The seal set has number B12-07, the impeller B12-11 and the float switch B12-15. Send defective pumps, clean and dry, to Brook Pumps, Service, 3 Weir Lane, Aldermouth.' },
      { heading: 'Disposal' },
      { text: 'Do not throw the pump into the household waste. Take it to a collection point for electrical appliances, where copper and steel are recovered.' },
    ],
  ],
}
