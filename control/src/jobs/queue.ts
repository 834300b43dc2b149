/** A queue in order of priority and, within one priority, of arrival. */
import { type Priority, priorities } from "../core/job.ts";

export interface PriorityQueue<Item> {
  push(item: Item, priority: Priority): void;
  /** Ahead of everything of its priority: what runs again has waited already. */
  unshift(item: Item, priority: Priority): void;
  shift(): Item | undefined;
  /** False where the item is not, or no longer, in the queue. */
  remove(item: Item): boolean;
  size(): number;
}

export function createQueue<Item>(): PriorityQueue<Item> {
  const lanes = new Map<Priority, Item[]>(priorities.map((priority) => [priority, []]));
  const lane = (priority: Priority) => lanes.get(priority) as Item[];
  return {
    push: (item, priority) => void lane(priority).push(item),
    unshift: (item, priority) => void lane(priority).unshift(item),
    shift() {
      for (const items of lanes.values()) {
        const item = items.shift();
        if (item !== undefined) return item;
      }
      return undefined;
    },
    remove(item) {
      for (const items of lanes.values()) {
        const index = items.indexOf(item);
        if (index >= 0) {
          items.splice(index, 1);
          return true;
        }
      }
      return false;
    },
    size: () => lanes.values().reduce((sum, items) => sum + items.length, 0),
  };
}
