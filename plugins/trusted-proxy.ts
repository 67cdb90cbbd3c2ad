import { BlockList, isIP } from "node:net";
import { type Actor, type Scheme, SpecStarError } from "../src/index.ts";
import { aList, checkOptions, type OptionCheck } from "../src/spec/check-options.ts";

export interface TrustedProxyOptions {
  /** Addresses and networks of the proxies, and of nobody else: `["10.0.0.7", "10.1.0.0/16", "::1"]`. */
  readonly proxies: readonly string[];
  /** Names who asks: `x-forwarded-user` unless told otherwise. The proxy must replace it, whatever its clients send. */
  readonly header?: string;
  /** Roles with commas between them. None unless told. The proxy must replace it, too. */
  readonly rolesHeader?: string;
}

const headerName: OptionCheck = {
  takes: "the name of a header: x-forwarded-user",
  allows: (value) => typeof value === "string" && /^[A-Za-z0-9-]+$/.test(value) && value.toLowerCase() !== "authorization",
};
const checks: Record<keyof TrustedProxyOptions, OptionCheck> = {
  proxies: { ...aList, required: true },
  header: headerName,
  rolesHeader: headerName,
};

/** What can be a name, and not several: a comma stands where a proxy has added to what its client sent. */
const name = /^[\x21-\x2b\x2d-\x7e](?:[\x20-\x2b\x2d-\x7e]{0,254}[\x21-\x2b\x2d-\x7e])?$/;

/**
 * Believes what a proxy says of who asks, and nobody else: whose connection comes from another address, or by
 * `platform.fetch` without any, is refused when the header is there. For `authenticate([trustedProxy({ … })])`.
 * @throws BAD_REQUEST for what is no network
 */
export function trustedProxy(options: TrustedProxyOptions): Scheme {
  checkOptions("trustedProxy", options, checks);
  const proxies = networksOf(options.proxies);
  const source = (options.header ?? "x-forwarded-user").toLowerCase();
  const rolesSource = options.rolesHeader?.toLowerCase();
  return {
    name: "trustedProxy",
    claim({ header, peer }) {
      const user = header(source);
      const roles = rolesSource === undefined ? undefined : header(rolesSource);
      if (user === undefined && roles === undefined) return undefined;
      return {
        source,
        identify: () => {
          if (!isAmong(proxies, peer)) throw refused(`${user === undefined ? rolesSource : source} is believed of proxies only`);
          return { actor: actorOf(user, roles) };
        },
      };
    },
  };
}

function actorOf(user: string | undefined, roles = ""): Actor {
  if (user === undefined || !name.test(user)) throw refused("The proxy names nobody, or several at once");
  const named = roles.split(",").map((role) => role.trim());
  return { id: user, roles: named.filter((role) => role !== ""), claims: {} };
}

const refused = (message: string) => new SpecStarError("UNAUTHENTICATED", message);

function networksOf(given: readonly string[]): BlockList {
  const networks = new BlockList();
  if (given.length === 0) throw notANetwork("nothing");
  for (const each of given) {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(String(each)) ?? [];
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? longest : Number(bits);
    if (version === 0 || prefix > longest) throw notANetwork(JSON.stringify(each));
    networks.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}

const notANetwork = (given: string) =>
  new SpecStarError("BAD_REQUEST", `trustedProxy: proxies takes addresses and networks, as 10.1.0.0/16 or ::1, not ${given}`, {
    field: "proxies",
  });

function isAmong(networks: BlockList, peer: string | undefined): boolean {
  const address = peer?.split("%", 1)[0] ?? "";
  const version = isIP(address);
  return version !== 0 && networks.check(address, version === 4 ? "ipv4" : "ipv6");
}
