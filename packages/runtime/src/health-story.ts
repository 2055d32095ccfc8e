import type { HealthEpisode, RuntimeHealth, SupervisedHealth } from '@symphony/interface'

/**
 * What should be known of how things went: who failed inside and was restored, who did less than it should, since when and why. Sentences
 * for people; none when nothing happened.
 *
 * @example
 * for (const line of healthStory(symphony.health())) console.warn(line)
 */
export function healthStory({ components }: Pick<RuntimeHealth, 'components'>): readonly string[] {
  return components.flatMap((health) => [...failures(health), ...degradations(health), ...present(health)])
}

function failures({ component, panics, restorations, status }: SupervisedHealth): readonly string[] {
  if (panics === 0) return []
  const isWhole = restorations === panics && status !== 'quarantined'
  return [`${component} failed inside ${times(panics)} and was restored ${times(restorations)}${isWhole ? '; no result was lost' : ''}.`]
}

/** Times that are over. */
function degradations({ component, episodes }: SupervisedHealth): readonly string[] {
  const over = episodes.filter((episode): episode is HealthEpisode & { readonly untilMs: number } => episode.status === 'degraded' && episode.untilMs !== undefined)
  const last = over.at(-1)
  if (last === undefined) return []
  const seconds = over.reduce((sum, { sinceMs, untilMs }) => sum + untilMs - sinceMs, 0) / 1_000
  return [`${component} was degraded ${times(over.length)}, ${seconds.toFixed(1)} s in all, last from ${timeOf(last.sinceMs)}: ${last.reasons.join('; ')}`]
}

function present({ component, status, sinceMs, reasons }: SupervisedHealth): readonly string[] {
  if (status !== 'degraded' && status !== 'quarantined') return []
  return [`${component} is ${status} since ${timeOf(sinceMs)}: ${reasons.join('; ')}`]
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
