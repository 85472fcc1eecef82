import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { AbortError } from '../errors.js';
import { caught, rejection } from '../testing/caught.js';
import { Pacer, throwIfAborted, yieldToEventLoop } from './abort.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('throwIfAborted', () => {
  test('lets pass what is not aborted', () => {
    expect(() => {
      throwIfAborted(undefined);
      throwIfAborted(new AbortController().signal);
    }).not.toThrow();
  });

  test('throws an AbortError with the reason underneath', () => {
    const error = caught(() => {
      throwIfAborted(AbortSignal.abort('enough'));
    });
    expect(error).toBeInstanceOf(AbortError);
    expect(error.message).toBe('stopped by the caller');
    expect(error.cause).toBe('enough');
  });
});

describe('Pacer', () => {
  test('lets timers run when its time is up, and not before', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const pacer = new Pacer(undefined, 50);
    let fired = false;
    setTimeout(() => (fired = true), 0);
    for (now = 0; now < 50; now += 10) await pacer.tick();
    expect(fired).toBe(false);
    await pacer.tick();
    expect(fired).toBe(true);
  });

  test('counts its time from the last yield', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const timeouts = jest.spyOn(globalThis, 'setTimeout');
    const pacer = new Pacer(undefined, 50);
    for (now = 0; now <= 500; now += 10) await pacer.tick();
    expect(timeouts).toHaveBeenCalledTimes(10);
  });

  test('rejects at the first tick after the abort, whatever the time', async () => {
    const controller = new AbortController();
    const pacer = new Pacer(controller.signal, 1e9);
    await pacer.tick();
    controller.abort();
    expect(await rejection(pacer.tick())).toBeInstanceOf(AbortError);
  });

  test('an abort by a timer reaches a loop that never waits for anything else', async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 5);
    const pacer = new Pacer(controller.signal, 1);
    const endless = async (): Promise<void> => {
      for (;;) await pacer.tick();
    };
    expect(await rejection(endless())).toBeInstanceOf(AbortError);
  });

  test('an abort while it yields is noticed in the same tick', async () => {
    const controller = new AbortController();
    const pacer = new Pacer(controller.signal, 0);
    const tick = pacer.tick();
    controller.abort();
    expect(await rejection(tick)).toBeInstanceOf(AbortError);
  });
});

test('yieldToEventLoop lets a timer that is due run first', async () => {
  const order: string[] = [];
  setTimeout(() => order.push('timer'), 0);
  await yieldToEventLoop();
  order.push('after');
  expect(order).toEqual(['timer', 'after']);
});
