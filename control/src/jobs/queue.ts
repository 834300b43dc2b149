/** A queue in order of priority and, within one priority, of arrival; who is passed over for long moves up. */
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

/** Passed over so often, the first of a lane moves to the lane above: it starves neither there nor for ever. */
const patience = 10;

interface Waiting<Item> {
  item: Item;
  /** Smaller came earlier. */
  order: number;
  passedOver: number;
}

export function createQueue<Item>(): PriorityQueue<Item> {
  /** From the most urgent to the least, each in order of arrival. */
  const lanes: Waiting<Item>[][] = priorities.map(() => []);
  const lane = (priority: Priority) => lanes[priorities.indexOf(priority)] as Waiting<Item>[];
  let last = 0;
  let first = 0;

  /** Only the first of a lane can be passed over: those behind it wait for it anyway. */
  function passOver(below: number) {
    for (const [index, items] of lanes.entries()) {
      const waiting = items[0];
      if (index <= below || waiting === undefined) continue;
      waiting.passedOver += 1;
      if (waiting.passedOver < patience) continue;
      items.shift();
      waiting.passedOver = 0;
      const above = lanes[index - 1] as Waiting<Item>[];
      const place = above.findIndex(({ order }) => order > waiting.order);
      above.splice(place < 0 ? above.length : place, 0, waiting);
    }
  }

  return {
    push(item, priority) {
      last += 1;
      lane(priority).push({ item, order: last, passedOver: 0 });
    },
    unshift(item, priority) {
      first -= 1;
      lane(priority).unshift({ item, order: first, passedOver: 0 });
    },
    shift() {
      const index = lanes.findIndex((items) => items.length > 0);
      const taken = lanes[index]?.shift();
      if (taken === undefined) return undefined;
      passOver(index);
      return taken.item;
    },
    remove(item) {
      for (const items of lanes) {
        const index = items.findIndex((waiting) => waiting.item === item);
        if (index >= 0) {
          items.splice(index, 1);
          return true;
        }
      }
      return false;
    },
    size: () => lanes.reduce((sum, items) => sum + items.length, 0),
  };
}
