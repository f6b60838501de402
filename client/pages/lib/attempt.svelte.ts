/** Asking the coordinator for something: whether it is under way, and why the last time came to nothing. */
export class Attempt {
  busy = $state(false);
  /** In the words of whoever refused; empty when nothing did. */
  problem = $state("");

  /** Whether the work was done. What was refused is told anew each time, so that it is read out each time. */
  async make(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.problem = "";
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
