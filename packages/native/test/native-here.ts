import { nativeStatus } from '@symphony/native'

/** Whether there is a binary to test. Where there is none, its tests are left out, and say so. */
export const hasNative: boolean = nativeStatus().isAvailable
