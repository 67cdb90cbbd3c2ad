import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { fail } from "../errors.ts";
import type { Context } from "../storage/context.ts";

const ivBytes = 12;
const countBytes = 4;
const tagBytes = 16;

/**
 * Makes cursors opaque and tamper-proof: AES-256-GCM under the secret of the meta store, so that they hold on every process
 * and across restarts, and show nothing of the values that they stand for.
 */
export class CursorSeal {
  /** Made once: making it of the bytes costs more than all the rest of sealing. */
  readonly #key: KeyObject;
  readonly #context: Context;
  /** Never twice under one key: random bytes of this process, then a count (NIST SP 800-38D, 8.2.1). */
  readonly #iv = Buffer.alloc(ivBytes);
  #count = 0;

  constructor(secret: Uint8Array, context: Context) {
    this.#key = createSecretKey(secret);
    this.#context = context;
  }

  seal(content: unknown): string {
    const cipher = createCipheriv("aes-256-gcm", this.#key, this.#nextIv());
    const sealed = cipher.update(JSON.stringify(content), "utf8");
    return Buffer.concat([this.#iv, sealed, cipher.final(), cipher.getAuthTag()]).toString("base64url");
  }

  #nextIv(): Buffer {
    if (this.#count === 0) this.#iv.set(this.#context.randomBytes(ivBytes - countBytes));
    this.#iv.writeUInt32BE(this.#count, ivBytes - countBytes);
    this.#count = (this.#count + 1) % 2 ** (8 * countBytes);
    return this.#iv;
  }

  /** @throws BAD_REQUEST for anything that was not sealed here. */
  open(cursor: string): unknown {
    try {
      const bytes = Buffer.from(cursor, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString("utf8"));
    } catch {
      throw fail("BAD_REQUEST", "The cursor is not one that this service gave");
    }
  }
}
