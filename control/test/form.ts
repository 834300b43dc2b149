/** How much of each fault a test plays: few by default, all that the design asks for under `make torture`. */

export type Form = "short" | "full";

/** `make torture` names here the file that scenarios write down in what they saw. */
export const tortureRecord = process.env.HUM_TORTURE;

export const form: Form = tortureRecord === undefined ? "short" : "full";

export const ofForm = (counts: Readonly<Record<Form, number>>): number => counts[form];
