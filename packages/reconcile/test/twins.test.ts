/** Which rows are of one leg, where numbers are known only as they were dialled. */
import { layer } from "@vobiz-effect/test-support"

import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr } = Make

layer(Judged.database)("rows of one leg", (it) => {
  const both = (first: Partial<Make.Cdr>, second: Partial<Make.Cdr>) => ({
    cdrs: [cdr({ uuid: "a", sip: "s", id: 1, ...first }), cdr({ uuid: "b", sip: "s", id: 2, ...second })]
  })
  const one = ["a missing", "b not-expected duplicate see a", "b duplicate-cdr see a"]
  const two = ["a missing", "b missing"]

  it.effect("have the same numbers, also where these are short codes", () =>
    Judged.findsEach([
      [both({}, {}), one],
      [both({ to: "1001" }, { to: "1001" }), one],
      [both({ to: "1001" }, { to: "1002" }), two],
      [both({ from: "1001" }, { from: "1001" }), one],
      [both({ from: "1001" }, { from: "1002" }), two],
      [both({ to: "1001" }, { to: null }), two],
      [both({ to: null }, { to: null }), one]
    ])
  )
})
