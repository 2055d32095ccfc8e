import type { Prose } from './prose.ts'

export const leaseLetter: Prose = {
  title: 'Letter about the lease of the boathouse',
  pages: [
    [
      { text: 'Tarrant and Wells, Solicitors. 9 Market Hill, Aldermouth. 11 June 1993.' },
      { text: 'Dear Mrs. Pemberton,' },
      { text: 'Thank you for your letter of 3 June about the lease of the boathouse. We have now read the agreement of 1968 and the two later amendments.' },
      { text: 'The lease ends on 30 September 1998. The rent is 425 pounds a year and may be raised once in five years by the rise of the retail price index, but not by more than fifteen percent. It was last raised in 1991.' },
      { text: 'The tenant must keep the slipway and the doors in repair. The roof and the outer walls are the duty of the landlord. The leak you describe is therefore for the landlord to mend, and we advise you not to pay the roofer yourself.' },
    ],
    [
      { text: 'You ask whether the rowing club may share the building. Clause 12 allows it with the written consent of the landlord, who may refuse only for a good reason. We enclose a draft of the request.' },
      { text: 'Please note that the insurance names only you. The club must be added before its first boat is stored, or the policy is void. The additional premium will be about 60 pounds.' },
      { text: 'Our fee for this advice is 85 pounds. Yours sincerely, Helen Tarrant.' },
    ],
  ],
}
