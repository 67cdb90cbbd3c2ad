import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { FaultProxy, type ProxyFault } from "./fault-proxy.ts";

/** A server that answers what it hears in capitals, behind a proxy. */
async function start(): Promise<{ proxy: FaultProxy; heard: string[]; ask: (text: string) => Promise<string>; client: () => Socket }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard.push(String(bytes));
      socket.write(String(bytes).toUpperCase());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  const proxy = await FaultProxy.start("127.0.0.1", typeof address === "object" && address ? address.port : 0);
  const client = () => connect(proxy.port, "127.0.0.1");
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  const ask = async (text: string) => {
    const socket = client();
    socket.write(text);
    try {
      const [answer] = await once(socket, "data");
      return String(answer);
    } catch {
      return "cut";
    } finally {
      socket.destroy();
    }
  };
  return { proxy, heard, ask, client };
}

test("passes everything on while nothing is broken, later where it is told to delay", async () => {
  const { proxy, ask } = await start();
  expect(await ask("hello")).toBe("HELLO");
  proxy.set({ kind: "delay", ms: 5 });
  expect(await ask("later")).toBe("LATER");
});

test.each<[ProxyFault, string[]]>([
  [{ kind: "refuse" }, []],
  [{ kind: "loseReply" }, ["hello"]],
  [{ kind: "cutRequest", bytes: 3 }, ["hel"]],
])("breaks the connection by %o, with %o before the server", async (fault, arrived) => {
  const { proxy, ask, heard } = await start();
  proxy.set(fault);
  expect(await ask("hello")).toBe("cut");
  proxy.set({ kind: "none" });
  expect(await ask("again")).toBe("AGAIN");
  expect(heard).toEqual([...arrived, "again"]);
});

test("lets a stalled connection go on", async () => {
  const { proxy, heard, client } = await start();
  const socket = client();
  await once(socket, "connect");
  socket.write("one");
  await once(socket, "data");
  proxy.set({ kind: "stall" });
  socket.write("two");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(heard).toEqual(["one"]);
  proxy.set({ kind: "none" });
  expect(String((await once(socket, "data"))[0])).toBe("TWO");
  socket.destroy();
});

test("keeps bytes in order when a delay ends behind them", async () => {
  const { proxy, heard, client } = await start();
  const socket = client();
  await once(socket, "connect");
  socket.write("one ");
  await once(socket, "data");
  proxy.set({ kind: "delay", ms: 100 });
  socket.write("two ");
  await new Promise((resolve) => setTimeout(resolve, 30));
  proxy.set({ kind: "none" });
  socket.write("three");
  for (let answers = ""; !answers.endsWith("THREE"); answers += String((await once(socket, "data"))[0]));
  expect(heard.join("")).toBe("one two three");
  socket.destroy();
});
