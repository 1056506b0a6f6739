import type { MouseEvent, ReactNode } from 'react';
import { Link } from 'react-router';

import { useOpen } from './canvasView';

interface Props {
  to: string;
  className?: string | undefined;
  children: ReactNode;
}

/** A link off the canvas, from where the way leads back to it as it was when it was followed. */
export function CanvasLink({ to, className, children }: Props) {
  const open = useOpen();
  const follow = (event: MouseEvent) => {
    // In another tab or window it is the browser's to open.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(to);
  };
  return (
    <Link to={to} className={className ?? ''} onClick={follow}>
      {children}
    </Link>
  );
}
