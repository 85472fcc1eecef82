import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  BackendError,
  DanceError,
  DataError,
  errorMessage,
  FormatError,
  IoError,
  NotFittedError,
  ParamError,
} from './errors.js';

const CLASSES = [
  [ParamError, 'ParamError', 'PARAM'],
  [DataError, 'DataError', 'DATA'],
  [FormatError, 'FormatError', 'FORMAT'],
  [IoError, 'IoError', 'IO'],
  [NotFittedError, 'NotFittedError', 'NOT_FITTED'],
  [BackendError, 'BackendError', 'BACKEND'],
  [AbortError, 'AbortError', 'ABORTED'],
] as const;

describe.each(CLASSES)('%p', (Class, name, code) => {
  test('has its name and code and is a DanceError', () => {
    const error = new Class('summary');
    expect(error).toBeInstanceOf(DanceError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
  });
});

describe('message', () => {
  test('is the summary alone where nothing else is known', () => {
    expect(new DataError('no cells').message).toBe('no cells');
  });

  test('says what was got, what was expected and what to do', () => {
    const detail = { got: '3 rows', expected: '4', remedy: 'Give as many rows as cells.' };
    const error = new DataError('X does not fit', detail);
    expect(error.message).toBe(
      'X does not fit: got 3 rows, expected 4. Give as many rows as cells.',
    );
    expect(error.detail).toEqual(detail);
  });

  test.each([
    [{ got: 'a' }, 'summary: got a'],
    [{ expected: 'b' }, 'summary: expected b'],
    [{ remedy: 'Do it.' }, 'summary. Do it.'],
  ])('with only %p', (detail, message) => {
    expect(new ParamError('summary', detail).message).toBe(message);
  });

  test('keeps the error underneath, and has no cause where there is none', () => {
    const cause = new Error('disk full');
    expect(new IoError('cannot write', { cause }).cause).toBe(cause);
    expect('cause' in new IoError('cannot write')).toBe(false);
  });

  test('stays on one line whatever its parts hold', () => {
    const error = new FormatError('bad\nfile', { got: 'a\r\n  b', remedy: 'Fix\nit.' });
    expect(error.message).toBe('bad file: got a b. Fix it.');
  });
});

describe('errorMessage', () => {
  test('is the message of an error on one line', () => {
    expect(errorMessage(new Error('first\n   second\r\nthird'))).toBe('first second third');
  });

  test('is the text of anything else that was thrown', () => {
    expect(errorMessage('plain')).toBe('plain');
    expect(errorMessage(7)).toBe('7');
    expect(errorMessage(undefined)).toBe('undefined');
  });
});
