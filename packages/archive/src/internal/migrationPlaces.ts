/** Where a migration from version 1 of the manifest prepares what it is about to put in place. */
export const folderName = "manifest/migration"
