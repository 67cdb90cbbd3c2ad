import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { fail } from "../errors.ts";

const tagBytes = 16;

/**
 * Makes cursors opaque and tamper-proof: their content under a keyed hash (HMAC-SHA-256, cut to 128 bits) whose secret lies
 * in the meta store, so that they hold on every process and across restarts. One position has one cursor, which keeps caches
 * of clients small.
 */
export class CursorSeal {
  /** Made once: making it of the bytes costs more than all the rest of sealing. */
  readonly #key: KeyObject;

  constructor(secret: Uint8Array) {
    this.#key = createSecretKey(secret);
  }

  seal(content: unknown): string {
    const bytes = Buffer.from(JSON.stringify(content));
    return Buffer.concat([this.#tag(bytes), bytes]).toString("base64url");
  }

  /**
   * @param field the argument that held the cursor
   * @throws BAD_REQUEST for anything that was not sealed here.
   */
  open(cursor: string, field = "after"): unknown {
    const bytes = Buffer.from(cursor, "base64url");
    const [tag, content] = [bytes.subarray(0, tagBytes), bytes.subarray(tagBytes)];
    if (tag.length < tagBytes || !timingSafeEqual(tag, this.#tag(content)))
      throw fail("BAD_REQUEST", "The cursor is not one that this service gave", { field });
    return JSON.parse(content.toString("utf8"));
  }

  #tag(content: Uint8Array): Buffer {
    return createHmac("sha256", this.#key).update(content).digest().subarray(0, tagBytes);
  }
}
