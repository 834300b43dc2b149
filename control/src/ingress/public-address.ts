/** Which addresses are anybody's: those of the public internet, and nothing that leads into a machine or a private network. */
import { BlockList, isIP } from "node:net";

type Subnet = readonly [prefix: string, bits: number];

/** IANA's registry of special IPv4 addresses: whatever is not for hosts of the public internet. */
const special4: readonly Subnet[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** All that IANA has given out to hosts. What maps to IPv4, is local, or means many hosts lies outside, but for these. */
const global6: readonly Subnet[] = [["2000::", 3]];
const special6: readonly Subnet[] = [
  // Teredo, benchmarks, ORCHID and other protocols.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4: an IPv4 address in disguise.
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

const listOf = (subnets: readonly Subnet[], family: "ipv4" | "ipv6") => {
  const list = new BlockList();
  for (const [prefix, bits] of subnets) list.addSubnet(prefix, bits, family);
  return list;
};

const refused4 = listOf(special4, "ipv4");
const given6 = listOf(global6, "ipv6");
const refused6 = listOf(special6, "ipv6");

/** `address` as a resolver or a socket writes it; false for anything else. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused4.check(address, "ipv4");
    case 6:
      return given6.check(address, "ipv6") && !refused6.check(address, "ipv6");
    default:
      return false;
  }
}
