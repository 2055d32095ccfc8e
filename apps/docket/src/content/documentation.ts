const NAMED = /^(readme|licen[cs]e|changelog|history|changes|notice)([._-].*)?$/i
const EXTENSIONS = /\.(md|markdown|html?|pdf|txt)(\.gz)?$/i
/** Named like documentation, written for machines. */
const CODE = /\.([cm]?[jt]sx?|json|map|ya?ml|svg|png|gif|jpe?g|css|lock)$/i
const MACHINE_TEXT = /^(cmakelists|requirements.*|robots|manifest)\.txt$/i

/**
 * Selects documentation by name: READMEs, licences, changelogs, notices, and whatever is Markdown, HTML, PDF or plain text,
 * compressed or not.
 *
 * @param path relative, with `/` as separator.
 */
export function isDocumentation(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (CODE.test(name) || MACHINE_TEXT.test(name)) return false
  return EXTENSIONS.test(name) || NAMED.test(name)
}
