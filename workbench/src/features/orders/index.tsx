import { Route, Routes } from 'react-router';

import { OrderPage } from './OrderPage';
import { Search } from './Search';

export default function Orders() {
  return (
    <Routes>
      <Route index element={<Search />} />
      <Route path=":channel/:shop/*" element={<OrderPage />} />
    </Routes>
  );
}
