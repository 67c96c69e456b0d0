import type { CsvProfile } from './profile.ts';

/** A profile that is known by its header row. */
export interface BuiltIn {
  readonly name: string;
  /** All of these names stand in the header row. */
  readonly signature: readonly string[];
  readonly profile: CsvProfile;
}

const plain = { delimiter: ',', header: true, decimal: '.', sign: 'out-negative' } as const;

export const builtInProfiles: readonly BuiltIn[] = [
  {
    // The fee is not in the amount: the balance falls by both. Pending rows have no date of completion.
    name: 'revolut',
    signature: [
      'type',
      'product',
      'started date',
      'completed date',
      'description',
      'amount',
      'fee',
      'currency',
      'state',
    ],
    profile: {
      ...plain,
      columns: {
        date: ['completed date', 'started date'],
        amount: 'amount',
        fee: 'fee',
        currency: 'currency',
        merchant: ['description'],
        description: ['type'],
        status: { column: 'state', pending: ['pending'], omit: ['reverted', 'declined', 'failed'] },
      },
      dates: 'ymd',
    },
  },
];
