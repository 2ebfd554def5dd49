/**
 * What somebody would write who had an afternoon: one key, no duplicates, four outcomes. Takes two Parquet files, of CDRs and of
 * recordings, and the Parquet file to write.
 */
import { DuckDBInstance } from "@duckdb/node-api"

const [cdrs, recordings, out] = process.argv.slice(2)
const instance = await DuckDBInstance.create(":memory:")
const connection = await instance.connect()
await connection.run(`COPY (
  SELECT c.uuid, r.recording_id, c.start_ms, c.talk_ms, r.duration_ms,
    CASE WHEN c.uuid IS NULL THEN 'orphan' WHEN r.recording_id IS NULL THEN 'missing'
      WHEN abs(c.talk_ms - r.duration_ms) > 10000 THEN 'mismatch' ELSE 'matched' END AS code
  FROM read_parquet('${cdrs}') c FULL OUTER JOIN read_parquet('${recordings}') r ON r.call_uuid = c.uuid
) TO '${out}' (FORMAT parquet, COMPRESSION zstd)`)
