import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";

/** How the way to a server is broken. */
export type ProxyFault =
  | { readonly kind: "none" }
  /** Nobody listens: what is open is cut, new connections are cut at once. */
  | { readonly kind: "refuse" }
  /** The server gets what it was sent, and the connection is cut when its reply comes: nobody hears it. */
  | { readonly kind: "loseReply" }
  /** The connection is cut after so many bytes of a request, with only these before the server. */
  | { readonly kind: "cutRequest"; readonly bytes: number }
  /** Nothing passes any more, in either direction, and nothing is closed. */
  | { readonly kind: "stall" }
  /** Everything passes later. */
  | { readonly kind: "delay"; readonly ms: number };

/** Forwards TCP connections to a server, and breaks them as told; each fault holds until another is set. */
export class FaultProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #fault: ProxyFault = { kind: "none" };

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      if (this.#fault.kind === "refuse") {
        client.resetAndDestroy();
        return;
      }
      const pair = new Pair(client, dial(port, host), () => this.#fault);
      this.#pairs.add(pair);
      pair.onEnd(() => this.#pairs.delete(pair));
    });
  }

  static async start(host: string, port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(host, port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** From now on. What was stalled moves on, unless the connection was cut. */
  set(fault: ProxyFault): void {
    this.#fault = fault;
    for (const pair of this.#pairs) pair.faultChanged();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection of a client, and ours to the server. */
class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fault: () => ProxyFault;
  /** Bytes on their way to each side. */
  readonly #delayed = new Map<Socket, { count: number; ms: number }>();
  #sent = 0;

  constructor(client: Socket, server: Socket, fault: () => ProxyFault) {
    this.#client = client;
    this.#server = server;
    this.#fault = fault;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.cut());
      socket.on("close", () => this.cut());
    }
    client.on("data", (bytes) => this.#request(bytes));
    server.on("data", (bytes) => this.#reply(bytes));
    this.faultChanged();
  }

  onEnd(ended: () => void): void {
    this.#client.once("close", ended);
  }

  faultChanged(): void {
    const { kind } = this.#fault();
    if (kind === "refuse") this.cut();
    for (const socket of [this.#client, this.#server]) {
      if (kind === "stall") socket.pause();
      else socket.resume();
    }
    this.#sent = 0;
  }

  /** By a reset; a socket that still has something to send would wait for it without the second call. */
  cut(): void {
    for (const socket of [this.#client, this.#server]) {
      socket.resetAndDestroy();
      socket.destroy();
    }
  }

  #request(bytes: Buffer): void {
    const fault = this.#fault();
    this.#sent += bytes.length;
    if (fault.kind === "cutRequest" && this.#sent > fault.bytes) {
      const rest = bytes.length - (this.#sent - fault.bytes);
      // What was let through arrives before the cut: an end, not a reset, on the server's side.
      this.#server.end(bytes.subarray(0, Math.max(0, rest)), () => this.cut());
      return;
    }
    this.#forward(this.#server, bytes, fault);
  }

  #reply(bytes: Buffer): void {
    const fault = this.#fault();
    if (fault.kind === "loseReply") this.cut();
    else this.#forward(this.#client, bytes, fault);
  }

  /** In order: what comes behind delayed bytes waits as long as they did, and timers of one length keep their order. */
  #forward(to: Socket, bytes: Buffer, fault: ProxyFault): void {
    const delayed = this.#delayed.get(to) ?? { count: 0, ms: 0 };
    if (delayed.count === 0) delayed.ms = fault.kind === "delay" ? fault.ms : 0;
    if (delayed.ms === 0) {
      to.write(bytes);
      return;
    }
    delayed.count += 1;
    this.#delayed.set(to, delayed);
    setTimeout(() => {
      delayed.count -= 1;
      to.write(bytes);
    }, delayed.ms);
  }
}
