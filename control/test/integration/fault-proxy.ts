/** A TCP proxy that misbehaves on command: swallows the server's replies, and cuts every connection. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface FaultProxy {
  readonly port: number;
  /** Bytes of replies swallowed since `eatReplies` was last called. */
  readonly eatenBytes: number;
  /** From now on requests still reach the server, and nothing comes back. */
  eatReplies(): void;
  /** Resets every connection; later ones work again. */
  cut(): void;
  close(): Promise<void>;
}

export async function openFaultProxy(targetPort: number): Promise<FaultProxy> {
  const open = new Set<Socket>();
  let eating = false;
  let eatenBytes = 0;

  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    const end = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => upstream.write(bytes));
    upstream.on("data", (bytes) => {
      if (eating) eatenBytes += bytes.length;
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const proxy: FaultProxy = {
    port: (server.address() as AddressInfo).port,
    get eatenBytes() {
      return eatenBytes;
    },
    eatReplies() {
      eating = true;
      eatenBytes = 0;
    },
    cut() {
      eating = false;
      for (const client of open) client.resetAndDestroy();
    },
    async close() {
      proxy.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
