// Writes what RocksDB's write-ahead logs hold to stdout, decompressed: a plain search of such a file finds nothing,
// because each record of a compressed log is a zstd frame. Format: the RocksDB wiki, "Write Ahead Log File Format".
import { readFileSync, writeSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";

const BLOCK = 32 * 1024;
const HEADER = 7;
const FULL = 1, FIRST = 2, LAST = 4, SET_COMPRESSION = 9;

function* records(log: Buffer): Generator<Buffer> {
  let parts: Buffer[] = [];
  let compressed = false;
  let at = 0;
  while (at + HEADER <= log.length) {
    if (BLOCK - (at % BLOCK) < HEADER) {
      at += BLOCK - (at % BLOCK);
      continue;
    }
    const length = log.readUInt16LE(at + 4);
    const type = log.readUInt8(at + 6);
    if (type === 0) return;
    if (type > LAST && type !== SET_COMPRESSION) throw new Error(`record type ${type} at ${at}`);
    // It is being written.
    if (at + HEADER + length > log.length) return;
    const payload = log.subarray(at + HEADER, at + HEADER + length);
    at += HEADER + length;
    if (type === SET_COMPRESSION) {
      compressed = true;
      continue;
    }
    if (type === FULL || type === FIRST) parts = [];
    parts.push(payload);
    if (type === FULL || type === LAST) {
      const whole = Buffer.concat(parts);
      yield compressed ? zstdDecompressSync(whole) : whole;
    }
  }
}

function write(bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
}

for (const path of process.argv.slice(2)) {
  for (const record of records(readFileSync(path))) write(record);
}
