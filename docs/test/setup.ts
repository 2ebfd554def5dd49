import * as Examples from "../../scripts/examples.ts"

/** Writes the examples before the tests are collected, as some of them are tests. */
export default () => {
  Examples.write()
}
