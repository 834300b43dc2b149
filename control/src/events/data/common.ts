/** What the data of several events have in common. */
import { z } from "zod";

export const count = z.int().min(0);
export const seconds = z.number().min(0);
export const id = z.string().min(1);
export const modelName = z.string().describe("Canonical name of the catalogue.");
