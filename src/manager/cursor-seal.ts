import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { fail } from "../errors.ts";

const ivBytes = 12;
const tagBytes = 16;

/**
 * Makes cursors opaque and tamper-proof: AES-256-GCM under the secret of the meta store, so that they hold on every process
 * and across restarts, and show nothing of the values that they stand for. The nonce is a keyed hash of the content: one
 * position has one cursor, which keeps caches of clients small, and no nonce serves two contents.
 */
export class CursorSeal {
  /** Made once: making it of the bytes costs more than all the rest of sealing. */
  readonly #key: KeyObject;

  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(secret);
  }

  seal(content: unknown): string {
    const text = JSON.stringify(content);
    const iv = createHmac("sha256", this.#key).update(text).digest().subarray(0, ivBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    const sealed = cipher.update(text, "utf8");
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
