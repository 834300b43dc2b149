/** What can be done with one connection to Redis. */

export type Reply = { ok: true; value: unknown } | { ok: false; error: Error };

export interface RedisConnection {
  /** Rejects with the server's error, or where no reply came in time. */
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  /** Sends all at once; never rejects. After a connection error all later replies are errors too. */
  pipeline(commands: readonly (readonly (string | number)[])[]): Promise<Reply[]>;
  /** Nothing else can be asked afterwards. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  /** Without a `reason` it went because we wanted it. */
  close(reason?: Error): void;
}
