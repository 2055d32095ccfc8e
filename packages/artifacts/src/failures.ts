import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, ErrorCode } from '@symphony/interface'

export const COMPONENT = '@symphony/artifacts'

export function invalid(message: string, code: ErrorCode = 'INVALID_ARGUMENT'): SymphonyError {
  return new SymphonyError({ code, component: COMPONENT, message })
}

export function unknownArtifact(ref: string): SymphonyError {
  const message = `Nothing is stored under "${String(ref).slice(0, 80)}". It was never put here, or was deleted; recompute it or put it again.`
  return new SymphonyError({ code: 'ARTIFACT_UNKNOWN', component: COMPONENT, message, details: { ref: String(ref) } })
}

/** What is on the disk is not what was put. `file` and `offset` tell where to look. */
export function corrupt(ref: ArtifactRef, file: string, offset: number, found: string, cause?: unknown): SymphonyError {
  return new SymphonyError({
    code: 'ARTIFACT_CORRUPT',
    component: COMPONENT,
    message: `Artifact ${ref} in ${file} at offset ${offset} ${found}. Restore the file from a backup, or delete the artifact and put it again.`,
    details: { ref, file, offset },
    cause,
  })
}

export function tooLarge(sizeBytes: number, artifactBytesMax: number): SymphonyError {
  return new SymphonyError({
    code: 'ARTIFACT_TOO_LARGE',
    component: COMPONENT,
    message: `The content has ${sizeBytes} bytes or more, the limit is ${artifactBytesMax}. Split it, or raise "artifactBytesMax".`,
    details: { sizeBytes, artifactBytesMax },
  })
}
