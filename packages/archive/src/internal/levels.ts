/** How loud each channel is, as its samples come. */

/** Samples are between -1 and 1. A stretch of 20 ms below this root mean square is silent: -50 dB of full scale. */
const silence = 10 ** (-50 / 20)
const stretchSeconds = 0.02

export interface Level {
  readonly peak: number
  readonly rms: number
  readonly silent: number
}

export class Meter {
  private readonly stretch: number
  private samples = 0
  private peak = 0
  private squares = 0
  private stretches = 0
  private silentStretches = 0
  private inStretch = 0
  private stretchSquares = 0

  constructor(sampleRate: number) {
    this.stretch = Math.max(1, Math.round(sampleRate * stretchSeconds))
  }

  add(sample: number): void {
    const square = sample * sample
    const size = sample < 0 ? -sample : sample
    if (size > this.peak) this.peak = size
    this.samples++
    this.squares += square
    this.stretchSquares += square
    if (++this.inStretch === this.stretch) this.end()
  }

  private end(): void {
    this.stretches++
    if (Math.sqrt(this.stretchSquares / this.inStretch) < silence) this.silentStretches++
    this.inStretch = 0
    this.stretchSquares = 0
  }

  get level(): Level {
    if (this.inStretch > 0) this.end()
    const round = (value: number) => Math.round(value * 1e6) / 1e6
    return {
      peak: round(this.peak),
      rms: round(this.samples === 0 ? 0 : Math.sqrt(this.squares / this.samples)),
      silent: round(this.stretches === 0 ? 1 : this.silentStretches / this.stretches)
    }
  }
}
