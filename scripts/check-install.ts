/**
 * Installs the packages as a user would: packs them, looks at the tarballs, installs them by npm in an empty project, and runs the command
 * and the programs of the README there. `node scripts/check-install.ts`
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "vobiz-install-"))

// npm is that of the machine, which knows how the registry is reached from there; the workspace's Node.js may not.
process.env["PATH"] = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((place) => !place.includes("node_modules"))
  .join(delimiter)

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

/** The exit code where npm does not reach its registry, and so nothing is known. */
const notReached = 75

let fake: ChildProcess | undefined

/** Runs the command, and the programs of the README, as they are installed. */
const use = async () => {
  const recon = join(folder, "node_modules/@vobiz-effect/recon/dist/bin.js")
  process.stdout.write(run(process.execPath, [recon, "--version"], folder))
  fake = spawn(process.execPath, [recon, "fake", "--calls", "60"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"]
  })
  const settings = await settingsOf(fake)
  if (programs.length < 2) throw new Error("the README has no programs")
  for (const [n, code] of programs.entries()) {
    writeFileSync(join(folder, `readme${n}.ts`), code)
    const out = run(process.execPath, [`readme${n}.ts`], folder, settings)
    if (out.trim() === "") throw new Error(`program ${n} of the README printed nothing`)
    process.stdout.write(out)
  }
}

try {
  run("npx", ["-y", "pnpm@12.21.0", "run", "build"], root)
  const all = ["-r", "--filter", "./packages/*", "--filter", "./apps/*"]
  run("npx", ["-y", "pnpm@12.21.0", ...all, "pack", "--pack-destination", folder], root)
  const tarballs = readdirSync(folder).map((file) => join(folder, file))
  for (const tarball of tarballs) run(join(root, "node_modules/.bin/publint"), ["--strict", tarball], root)

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }))
  const peers = Object.entries(Object.fromEntries(packages.flatMap(peersOf)))
  const install = ["install", "--no-audit", "--no-fund", ...tarballs]
  const { status } = spawnSync("npm", install.concat(peers.map(([name, range]) => `${name}@${range}`)), {
    cwd: folder,
    stdio: "inherit"
  })
  if (status !== 0) {
    if (spawnSync("npm", ["ping"]).status === 0) throw new Error("npm cannot install the packages")
    process.stdout.write("Nothing was installed: npm does not reach its registry from here\n")
    process.exitCode = notReached
  } else await use()
} finally {
  fake?.kill()
  rmSync(folder, { recursive: true, force: true })
}
