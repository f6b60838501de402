import { expect, it } from "vitest";
import { createAddressBudget } from "../../../server/transport/addressBudget.ts";
import { addressGroup } from "../../../server/transport/addressGroup.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

it.each([
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:1:2:3::", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["1::3:4:5:6:7.8.9.10", "1:0:3:4::/64"],
  ["10.1.2.3", "10.1.2.3"],
  ["unknown", "unknown"],
])("takes %s for one of %s", (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

it("gives one budget to all addresses that somebody was given together", () => {
  const limits = { maxConnectionsPerAddress: 2, connectBurst: 100, connectsPerSecond: 100 };
  const budget = createAddressBudget({ clock: createVirtualClock(), limits });
  for (const address of ["2001:db8::1", "2001:db8::2"]) {
    expect(budget.mayConnect(address)).toBe(true);
    budget.opened(address);
  }
  expect(budget.mayConnect("2001:db8::3")).toBe(false);
  expect(budget.mayConnect("2001:db8:0:1::3")).toBe(true);
  budget.closed("2001:db8::1");
  expect(budget.mayConnect("2001:db8::3")).toBe(true);
});
