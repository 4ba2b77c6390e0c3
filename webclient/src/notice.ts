/** Something to tell the user until he closes it. */
export interface Notice {
  text: string;
  /** It tells of something that was done as asked. */
  good?: boolean;
  action?: 'reload';
}
