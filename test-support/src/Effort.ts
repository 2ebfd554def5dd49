/** How much the tests try. Set `EFFORT=full` to run the long campaigns whole. */

const effort = process.env["EFFORT"] ?? "quick"
if (effort !== "quick" && effort !== "full") throw new Error(`EFFORT must be quick or full (got "${effort}")`)

/** Whether the long campaigns run whole. */
export const isFull = effort === "full"

/** The size of a campaign: how many seeds, kills or damaged files it tries. */
export const sized = (sizes: { readonly quick: number; readonly full: number }): number => sizes[effort]
