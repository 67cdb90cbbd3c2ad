import { pluginActor } from "../actor.ts";
import { transactOn } from "../operations/transact.ts";
import { ResourceManager } from "../resource-manager.ts";
import type { Core } from "../scope.ts";
import type { PluginPlatform } from "./events.ts";

/** The platform as a plugin sees it. */
export function pluginPlatform(core: () => Core, plugin: string): PluginPlatform {
  const self = pluginActor(plugin);
  return {
    resource: (spec) => new ResourceManager(core(), spec, self),
    transact: (operations, options = {}) => transactOn(core())(operations, { actor: self, ...options }),
  };
}
