/**
 * A path as it may be shown: control characters, invisible direction marks and backslashes written as escapes, everything else as it
 * is. Two different paths never look the same, so that nobody is fooled by a name.
 */
export function displayPath(path: string): string {
  return path.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
