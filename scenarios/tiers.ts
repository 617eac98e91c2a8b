/** How much of the library runs at once: the few that a CI run on real backends has time for, and every one. */
export const tiers = ['short', 'whole'] as const;
export type Tier = (typeof tiers)[number];
