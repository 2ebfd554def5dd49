/** Which recordings are of a conference's room. */
import { layer } from "@vobiz-effect/test-support"

import * as Judged from "./judged.ts"
import * as Make from "./utils.ts"

const { cdr, recording } = Make

layer(Judged.database)("a room that a missing call may be in", (it) => {
  const called = (of: Partial<Make.Rec>) => ({
    cdrs: [cdr({ uuid: "a", start: 36_000, talk: 60 })],
    recordings: [recording({ id: "r", call: "room", from: "+918045670011", start: 35_900, length: 300, ...of })]
  })

  it.effect("is a recording that says so by its type or by the conference's name", () =>
    Judged.findsEach([
      [called({ type: "conference" }), ["- conference r:null", "a in-conference r:null"]],
      [called({ conference: "standup" }), ["- conference r:null", "a in-conference r:null"]],
      [called({ type: "conference", conference: "standup" }), ["- conference r:null", "a in-conference r:null"]],
      [called({}), ["- orphan r:null", "a missing"]]
    ])
  )
})
