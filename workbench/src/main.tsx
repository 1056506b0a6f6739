import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from '@app/App';
import { startWords } from '@app/words';
import '@app/app.css';

const root = document.getElementById('root');
if (root)
  void startWords().then(() =>
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    ),
  );
