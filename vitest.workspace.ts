import { defineConfig } from "vitest/config"

const project = (name: string, root: string) => ({
  test: {
    name,
    root,
    include: ["test/**/*.test.ts"],
    sequence: { concurrent: true },
    testTimeout: 120_000
  }
})

/** The examples of the docs, some of which are tests themselves. */
const docs = {
  test: {
    ...project("docs", "docs").test,
    include: ["test/**/*.test.ts", ".examples/**/*.test.ts"],
    globalSetup: ["./test/setup.ts"]
  }
}

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("testing", "packages/testing"),
      project("reconcile", "packages/reconcile"),
      project("archive", "packages/archive"),
      project("cluster", "packages/cluster"),
      project("recon", "apps/recon"),
      docs
    ]
  }
})
