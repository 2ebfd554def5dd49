/** A way to a port of this machine, which can be cut as a network is: nothing comes through, and nobody is told. */
import { connect, createServer, type Socket } from "node:net"
import { Effect } from "effect"

export const make = Effect.fnUntraced(function* (to: number) {
  const sockets = new Set<Socket>()
  let held: Array<() => void> | undefined
  const deliver = (what: () => void) => (held === undefined ? what() : void held.push(what))
  const forward = (from: Socket, on: Socket) => {
    sockets.add(from)
    from.on("data", (bytes) => deliver(() => void on.write(bytes)))
    from.on("end", () => deliver(() => void on.end()))
    from.on("error", () => undefined)
    from.on("close", () => {
      sockets.delete(from)
      deliver(() => void on.destroy())
    })
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true })
    forward(near, far)
    forward(far, near)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  )
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut: Effect.sync(() => {
      held = []
    }),
    /** What was held back arrives, late. */
    heal: Effect.sync(() => {
      const late = held ?? []
      held = undefined
      for (const what of late) what()
    })
  }
})
