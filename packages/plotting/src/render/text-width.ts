/**
 * Advance widths of Open Sans Regular for the characters U+0020 to U+007E, in units of 1/2048 em
 * (table `hmtx` of the font, version 3.003).
 */
const ADVANCES = [
  532, 541, 816, 1323, 1171, 1693, 1492, 449, 604, 604, 1128, 1171, 530, 659, 538, 751, 1171, 1171,
  1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 538, 538, 1171, 1171, 1171, 884, 1836, 1295, 1323,
  1290, 1486, 1138, 1057, 1489, 1510, 572, 550, 1254, 1069, 1842, 1542, 1593, 1232, 1593, 1264,
  1123, 1128, 1493, 1221, 1891, 1183, 1145, 1172, 670, 751, 670, 1171, 897, 568, 1138, 1253, 981,
  1253, 1150, 689, 1112, 1256, 517, 517, 1076, 517, 1896, 1256, 1232, 1253, 1253, 837, 976, 730,
  1256, 1023, 1587, 1072, 1026, 960, 768, 1125, 768, 1171,
];
const UNITS_PER_EM = 2048;
const FIRST = 0x20;
/** Mean of the accented Latin, Greek and Cyrillic letters. */
const OTHER_LETTER = 1250;
/** From here on (CJK and symbols) characters fill about one em. */
const FIRST_WIDE = 0x2e80;
/** How much wider the semi-bold letters are, on average. */
const BOLD = 1.04;

/**
 * Width of a line of Open Sans in pixels, without a canvas and the same on every machine.
 *
 * @param text - one line
 * @param fontSize - in pixels
 * @param weight - as in CSS; 600 and more count as bold
 */
export function textWidth(text: string, fontSize: number, weight: string | number = 400): number {
  let units = 0;
  for (const character of text) units += advanceOf(character.codePointAt(0) ?? FIRST);
  const isBold = weight === 'bold' || Number(weight) >= 600;
  return ((units * fontSize) / UNITS_PER_EM) * (isBold ? BOLD : 1);
}

function advanceOf(codePoint: number): number {
  if (codePoint >= FIRST_WIDE) return UNITS_PER_EM;
  return ADVANCES[codePoint - FIRST] ?? OTHER_LETTER;
}
