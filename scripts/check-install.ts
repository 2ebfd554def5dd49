/**
 * Installs the packages as a user would: packs them, looks at the tarballs, installs them by npm in an empty project, and runs the command
 * and the programs of the README there. `node scripts/check-install.ts`
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "vobiz-install-"))

// Whatever is run is run by the Node.js that runs this.
process.env["PATH"] = `${dirname(process.execPath)}:${process.env["PATH"]}`

const run = (command: string, args: ReadonlyArray<string>, cwd: string, env = {}) => {
  process.stdout.write(`> ${[command, ...args.map((arg) => arg.replaceAll(`${folder}/`, ""))].join(" ")}\n`)
  return execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"]
  })
}

const manifest = (path: string) =>
  JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as {
    readonly peerDependencies?: Readonly<Record<string, string>>
    readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  }

/** The peers that a package cannot do without: what is optional is left out, and must not be missed. */
const peersOf = (path: string) => {
  const { peerDependencies = {}, peerDependenciesMeta: meta = {} } = manifest(path)
  return Object.entries(peerDependencies).filter(([name]) => meta[name]?.optional !== true)
}

const packages = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "apps/recon"]

/** The programs among the README's blocks of TypeScript. */
const programs = Array.from(
  readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm),
  ([, code = ""]) => code
).filter((code) => code.includes("NodeRuntime.runMain"))

/** The settings of an account that the installed command serves, once it has printed them. */
const settingsOf = (fake: ChildProcess) =>
  new Promise<Record<string, string>>((resolve, reject) => {
    let text = ""
    fake.stdout?.on("data", (piece) => {
      text += String(piece)
      const [, line] = /^export (.*)$/m.exec(text) ?? []
      if (line !== undefined)
        resolve(Object.fromEntries(line.split(" ").map((part) => part.split("=") as [string, string])))
    })
    fake.on("exit", () => reject(new Error(`recon fake ended: ${text}`)))
  })

let fake: ChildProcess | undefined
try {
  run("npx", ["-y", "pnpm@12.21.0", "run", "build"], root)
  for (const path of packages)
    run("npx", ["-y", "pnpm@12.21.0", "pack", "--pack-destination", folder], join(root, path))
  const tarballs = readdirSync(folder).map((file) => join(folder, file))
  for (const tarball of tarballs) run(join(root, "node_modules/.bin/publint"), ["--strict", tarball], root)

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }))
  const peers = Object.entries(Object.fromEntries(packages.flatMap(peersOf)))
  run(
    "npm",
    ["install", "--no-audit", "--no-fund", ...tarballs, ...peers.map(([name, range]) => `${name}@${range}`)],
    folder
  )

  const recon = join(folder, "node_modules/.bin/recon")
  process.stdout.write(run(recon, ["--version"], folder))
  fake = spawn(recon, ["fake", "--calls", "60"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
  const settings = await settingsOf(fake)
  if (programs.length < 2) throw new Error("the README has no programs")
  for (const [n, code] of programs.entries()) {
    writeFileSync(join(folder, `readme${n}.ts`), code)
    const out = run(process.execPath, [`readme${n}.ts`], folder, settings)
    if (out.trim() === "") throw new Error(`program ${n} of the README printed nothing`)
    process.stdout.write(out)
  }
} finally {
  fake?.kill()
  rmSync(folder, { recursive: true, force: true })
}
