// What the pages of the docs link to.

export interface Link {
  /** As it is written. */
  readonly target: string
  /** Relative to the page's folder; empty where it is the page itself. */
  readonly path: string
  readonly anchor: string | undefined
}

/** The links and pictures of a page that lead to files of this tree. */
export function linksOf(page: string): Link[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^https?:|^mailto:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#')
      return { target, path, anchor }
    })
}

/** Without blocks and spans of code, in which nothing is a link. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code')
}
