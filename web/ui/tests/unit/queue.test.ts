import { expect, it } from "vitest";
import { RequestQueue } from "../../src/api/queue";

const never = new AbortController().signal;

it("runs a limited number of jobs at once, in order", async () => {
  const queue = new RequestQueue(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const jobs = [0, 1, 2, 3].map((i) =>
    queue.run(never, () => {
      started.push(i);
      return new Promise<number>((resolve) => (finish[i] = () => resolve(i)));
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  finish[1]!();
  expect(await jobs[1]).toBe(1);
  await new Promise((r) => setTimeout(r));
  expect(started).toEqual([0, 1, 2]);
  finish[0]!();
  finish[2]!();
  await new Promise((r) => setTimeout(r));
  finish[3]!();
  expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3]);
});

it("never starts a job that was aborted while it waited", async () => {
  const queue = new RequestQueue(1);
  let finish = () => {};
  const first = queue.run(never, () => new Promise<void>((resolve) => (finish = resolve)));
  const abort = new AbortController();
  let ran = false;
  const second = queue.run(abort.signal, () => Promise.resolve((ran = true)));
  const third = queue.run(never, () => Promise.resolve("third"));
  abort.abort();
  await expect(second).rejects.toThrow();
  finish();
  await first;
  expect(await third).toBe("third");
  expect(ran).toBe(false);
});

it("goes on after a failed job", async () => {
  const queue = new RequestQueue(1);
  await expect(queue.run(never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await queue.run(never, () => Promise.resolve(1))).toBe(1);
});
