/** A worker of either kind, as far as the one who gives it orders needs it. */
export interface WorkerLink<Order, News> {
  post(order: Order): void;
  onNews(listener: (news: News) => void): void;
  /** The worker died or could not be started. */
  onFailure(listener: (reason: Error) => void): void;
  terminate(): void;
}
