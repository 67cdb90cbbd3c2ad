import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { fail } from "../errors.ts";
import type { Context } from "../storage/context.ts";

const ivBytes = 12;
const tagBytes = 16;

/**
 * Makes cursors opaque and tamper-proof: AES-256-GCM under the secret of the meta store, so that they hold on every process
 * and across restarts, and show nothing of the values that they stand for.
 */
export class CursorSeal {
  /** Made once: making it of the bytes costs more than all the rest of sealing. */
  readonly #key: KeyObject;
  readonly #context: Context;

  constructor(secret: Uint8Array, context: Context) {
    this.#key = createSecretKey(secret);
    this.#context = context;
  }

  seal(content: unknown): string {
    const iv = this.#context.randomBytes(ivBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const sealed = cipher.update(JSON.stringify(content), "utf8");
    return Buffer.concat([iv, sealed, cipher.final(), cipher.getAuthTag()]).toString("base64url");
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
